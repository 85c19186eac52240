import { appCommand, UserFolder, type Cli } from './support/cli';

jest.setTimeout(120_000);

const user = new UserFolder();
let cli: Cli;

beforeAll(async () => {
  cli = user.start('local', '--app', appCommand('stages-app.ts'), '--port', '0', '--json');
  await cli.ready();
});

afterAll(async () => {
  await cli.stop();
  user.remove();
});

const who = async (stage: string) => {
  const { url } = (await cli.ready()).apis.find(({ id }) => id.startsWith(`${stage}/`))!;
  return (await (await fetch(`${url}/who`)).json()) as Record<string, string>;
};

test.each(['Beta', 'Gamma', 'ProdWest', 'ProdCentral'])('F140: of two Stages with one function name, %s answers with its own code', async (stage) => {
  expect(await who(stage)).toMatchObject({ code: stage });
});

test('a function, its event and its ARN are of the account and region of its stack', async () => {
  expect(await who('ProdWest')).toMatchObject({
    region: 'eu-west-1',
    account: '111111111111',
    arn: 'arn:aws:lambda:eu-west-1:111111111111:function:pay',
    domain: expect.stringMatching(/^\w{10}\.execute-api\.eu-west-1\.amazonaws\.com$/),
  });
});

test('F140: two stacks of one name in two regions have APIs of their own', async () => {
  const [west, central] = [await who('ProdWest'), await who('ProdCentral')];
  expect(west.domain!.split('.')[0]).not.toBe(central.domain!.split('.')[0]);
});
