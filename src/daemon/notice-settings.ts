import { hostname } from 'node:os';
import type { Config } from '../config/tree.ts';
import type { NoticeSettings } from '../notify/notices.ts';

/** What notices are written with, by the configuration in force. */
export const noticeSettingsOf = (
  { notify, watches, routerId }: Config,
  { contacts, mailDomain }: { [K in 'contacts' | 'mailDomain']?: NoticeSettings[K] | undefined },
): NoticeSettings => ({
  ...{ notify, watches, hostname: hostname(), routerName: routerId },
  ...(mailDomain !== undefined && { mailDomain }),
  ...(contacts && { contacts }),
});
