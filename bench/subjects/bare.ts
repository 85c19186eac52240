/** A list of payments of about that many KB; by default one payment. */
const body = process.env.BENCH_RESPONSE_KB === undefined
  ? '{"id":"pay_1","amount":100,"status":"created"}'
  : JSON.stringify(Array.from({ length: Number(process.env.BENCH_RESPONSE_KB) * 8 }, (_, at) => ({
    id: `pay_${(at * 2_654_435_761 % 2 ** 32).toString(16)}`, amount: at * 7_919 % 100_000, currency: 'EUR', status: 'created', reference: `invoice ${at} of the year`, captured: false,
  })));

/** What all the others wrap. */
export const handler = async () => ({ statusCode: 201, headers: { 'content-type': 'application/json' }, body });
