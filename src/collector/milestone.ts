/** True for 1, 10, 100 …: how often what can happen again and again is said. Each time it is counted. */
export const isMilestone = (times: number): boolean => /^10*$/.test(String(times));
