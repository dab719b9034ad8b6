import type { CaseHintName } from '../hijack/case.ts';

/** What each hint comes to, in Japanese; the facts of the case follow as the registry gave them. */
export const HINTS_JA: Readonly<Record<CaseHintName, string>> = {
  unreadable:
    'ASパスの末尾がAS23456（AS_TRANS）であり、経路の途中で4オクテットAS番号が失われています。特定のASによるハイジャックとは判断できません。',
  'as-set':
    'ASパスがAS_SETで終わっています。AS_SETの使用は廃止されていますので（RFC 9774）、経路を集約しているASにご確認ください。',
  'private-as':
    'プライベートAS番号が広告元となっています。対外接続における「remove-private-as」の設定漏れの可能性が高いと考えられます。',
  'ix-lan':
    '対象経路は、IXまたは事業者間の接続セグメントです。広告元のASに広告の停止（next-hop-selfの設定など）をご依頼ください。',
  'registration-error':
    '広告元のASはROAにより認可されています。登録オブジェクトの内容が古いか、貴組織のものではないアドレスが登録されている可能性がありますので、まず登録内容をご確認ください。',
  disputed: '検出の根拠となった登録オブジェクト自体が、RPKIの内容と矛盾しています。',
  'proxy-object':
    '検出の根拠となったオブジェクトは、保有者以外による代理登録の可能性があり、アドレス保有者の意思を示すものとは限りません。',
  sibling: '広告元のASと登録Origin ASは同一のメンテナーで管理されており、同一組織である可能性が高いと考えられます。',
  'customer-pa':
    '広告元のASは、貴組織の顧客である可能性が高いと考えられます。その場合は、次のrouteオブジェクトの登録をお願いいたします。',
  'covering-holder':
    '広告元のASは、対象経路を含むアドレスブロックの保有者です。事業者が顧客のアドレスを集約して広告している場合によく見られます。',
  scrubbing: '設定により、当該ASによる広告が認められています（DDoS対策事業者など）。',
  blackhole:
    '当該経路にはBLACKHOLEコミュニティ（RFC 7999）が付与されており、宛先への通信の破棄が要求されています。第三者によるDDoS対策などの可能性がありますので、依頼の有無をご確認ください。',
  blip: '短時間の検出であり、すでに終了しています。',
  'stuck-route': '一部のピアにのみ古い経路が残っている可能性が高いと考えられます。',
};
