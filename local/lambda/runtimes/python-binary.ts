import { execFileSync } from 'node:child_process';

export interface PythonBinary {
  readonly path: string;
  /** `3.13.0` */
  readonly version: string;
  /** Folders of the packages that are installed for it. */
  readonly sitePackages: readonly string[];
}

/** A shim on the PATH may need variables that a sandbox does not have: the program itself is asked for. */
const QUESTION = [
  'import json, site, sys',
  'print(json.dumps({"path": sys.executable, "version": "%d.%d.%d" % sys.version_info[:3],'
  + ' "sitePackages": site.getsitepackages() + [site.getusersitepackages()]}))',
].join('\n');

const found = new Map<string, PythonBinary | undefined>();

/** A Python of the declared version (`3.13`) on `path`, else `python3`; `undefined` where there is none. */
export function findPythonBinary(declared: string, path: string): PythonBinary | undefined {
  const key = JSON.stringify([declared, path]);
  if (!found.has(key)) found.set(key, ask(`python${declared}`, path) ?? ask('python3', path));
  return found.get(key);
}

function ask(program: string, path: string): PythonBinary | undefined {
  try {
    const answer = execFileSync(program, ['-c', QUESTION], { env: { ...process.env, PATH: path }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const binary = JSON.parse(answer) as PythonBinary;
    return binary.version.startsWith('3.') ? binary : undefined;
  } catch {
    return undefined;
  }
}
