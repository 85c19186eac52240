#!/usr/bin/env bash
# integ/on-aws.sh [--dry-run] [--keep] [--load-balancer]
#
# For whoever has an AWS account. Deploys the cases of integ/ with their
# assertions, and the stack of integ/on-aws/; puts the probes of
# docs/gateway-fidelity.md and the conformance suite to it; prints where AWS and
# `idempotent-api local` differ; destroys what it deployed. Costs some cents.
# Credentials and region are what the AWS SDK finds (AWS_PROFILE, AWS_REGION);
# the account and region are bootstrapped for the CDK.
#
#   --dry-run        synthesizes, and runs all of it against `local` alone: no account
#   --keep           leaves the stack, to look at it
#   --load-balancer  with an Application Load Balancer (slower, and billed by the hour)
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/node_modules/.bin:$PATH

dry_run= keep= context=()
for flag in "$@"; do
  case $flag in
    --dry-run) dry_run=1 ;;
    --keep) keep=1 ;;
    --load-balancer) context=(-c loadBalancer=true) ;;
    *) echo "on-aws.sh: $flag is no flag of this script; there are --dry-run, --keep and --load-balancer" >&2; exit 2 ;;
  esac
done

# Below node_modules, so that the functions find the SDK here as they do in Lambda.
out=node_modules/.cache/cdk-idempotent-api/on-aws
rm -rf "$out"
[ -f build/layer/handler.mjs ] || tsx scripts/bundle.ts
cdk synth --quiet --app 'tsx integ/on-aws/app.ts' --output "$out" "${context[@]}"

if [ -n "$dry_run" ]; then
  echo "Would deploy the cases of integ/ and $out to AWS, and compare. Against local alone:"
  exec tsx integ/on-aws/run.ts --assembly "$out"
fi

status=0
integ-runner --directory integ --language typescript --app 'tsx {filePath}' --force || status=1
if [ -z "$keep" ]; then trap 'cdk destroy --force --app "$out" --all' EXIT; fi
cdk deploy --app "$out" --all --require-approval never --outputs-file "$out/outputs.json"
tsx integ/on-aws/run.ts --assembly "$out" --outputs "$out/outputs.json" || status=1
exit $status
