import { Stage } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { deployedConstructs } from './constructs';
import { Deployed } from './deployed';
import { JudgedRoute, judgedRoutes } from './routes';

/** What is deployed with a construct, as it was when it was first looked at. */
export class Survey {
  private readonly lazy: { resources?: readonly Deployed[]; routes?: readonly JudgedRoute[] } = {};

  constructor(private readonly site: IConstruct) {}

  /** The resources that decide about routes. */
  public get resources(): readonly Deployed[] {
    return this.lazy.resources ??= deployedConstructs(this.site);
  }

  /** Every route of every API. */
  public get routes(): readonly JudgedRoute[] {
    return this.lazy.routes ??= judgedRoutes(this.resources);
  }
}

type Check = (survey: Survey) => string[];

/** Validates a construct by what its Stage comes to: one survey of it in each synthesis does for all that is validated so. */
export function validateBySurvey(site: IConstruct, check: Check): void {
  const stage = Stage.of(site)!;
  const surveys = SURVEYS.get(stage) ?? new Surveys(site, stage);
  SURVEYS.set(stage, surveys);
  surveys.add(check);
  site.node.addValidation({ validate: () => check(surveys.surveyFor(check)) });
}

/** Those of one Stage. */
class Surveys {
  private readonly checks = new Set<Check>();
  private waiting = new Set<Check>();
  private current?: Survey;

  constructor(private readonly site: IConstruct, stage: Stage) {
    // A synthesis asks the Stage before what it holds; since the one before anything may have changed.
    stage.node.addValidation({ validate: () => this.begin() });
  }

  public add(check: Check): void {
    this.checks.add(check);
  }

  /** A survey of its own for whoever validates one construct outside of a synthesis. */
  public surveyFor(check: Check): Survey {
    if (!this.waiting.delete(check)) return new Survey(this.site);
    const survey = this.current ?? new Survey(this.site);
    this.current = this.waiting.size === 0 ? undefined : survey;
    return survey;
  }

  private begin(): string[] {
    this.waiting = new Set(this.checks);
    this.current = undefined;
    return [];
  }
}

const SURVEYS = new WeakMap<Stage, Surveys>();
