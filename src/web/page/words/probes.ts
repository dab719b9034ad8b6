/** Words of probes. */

export const ENGLISH = {
  probe: 'Probe',
  packets: 'Packets',
  rate: 'A second',
  lost: 'Lost',
  windows: 'Windows',
  retained: 'Retained since',
};

export const JAPANESE: typeof ENGLISH = {
  probe: 'プローブ',
  packets: 'パケット数',
  rate: '毎秒',
  lost: '損失',
  windows: '窓数',
  retained: '保持開始',
};
