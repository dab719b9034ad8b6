/** Rows of what the RPKI has of a prefix or an AS. Plain data. */

/** Row of `show rpki PREFIX` and of `show rpki AS`: a VRP, or what an AS says of its providers. */
export type RpkiPayloadRow =
  | {
      /** A VRP (RFC 6811). */
      readonly what: 'vrp';
      readonly prefix: string;
      readonly maxLength: number;
      readonly as: number;
    }
  | {
      /** An ASPA: what an AS says of its providers. */
      readonly what: 'aspa';
      /** AS that says so. */
      readonly customer: number;
      /** ASes that may announce its routes to others. */
      readonly providers: readonly number[];
    };
