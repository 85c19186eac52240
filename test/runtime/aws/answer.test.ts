import { crc32 } from 'node:zlib';
import { AwsAnswer } from '../../../runtime/aws/answer';

const BODY = Buffer.from('{"done":true}');
const answered = (...headers: string[]): AwsAnswer => new AwsAnswer({ status: 200, headers, body: BODY }, false);

test('a header is found whatever its case, and one that comes several times is joined', () => {
  const answer = answered('X-Amzn-Errortype', 'Throttling', 'Via', 'a', 'via', 'b', 'x-amz-id-2', '');
  expect([answer.header('x-amzn-errortype'), answer.header('via'), answer.header('x-amz-id-2'), answer.header('date')]).toEqual(['Throttling', 'a, b', '', undefined]);
  expect(answer.code).toBe('Throttling');
});

test('an answer is intact where its sum is right, or where it has none, and never by one of two sums', () => {
  const sum = String(crc32(BODY));
  expect(answered('x-amz-crc32', sum).isIntact).toBe(true);
  expect(answered('x-amz-crc32', '1').isIntact).toBe(false);
  expect(answered('x-amz-crc32', sum, 'X-Amz-Crc32', '1').isIntact).toBe(false);
  expect(answered('content-length', '13').isIntact).toBe(true);
});
