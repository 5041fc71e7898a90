import { type CustomTypesConfig, types } from 'pg';

/** bigint comes as a number, as from the embedded database: our counters stay far below 2^53. */
export const TYPES: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
};
