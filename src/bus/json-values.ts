/** What a value of a message must be, before it is believed. */

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** The end of the year 9999, ms since the epoch: later than that nothing can be written as a date. */
const LAST_TIME = 253_402_300_799_999;
export const isTime = (value: unknown): value is number => isCount(value) && value <= LAST_TIME;
