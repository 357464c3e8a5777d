/** What is being changed on the page of zones: the plan with undo, what is chosen, what is being drawn. */
import { type KeptWatching, LIMITS, type Point, type Polygon, type Watching } from '../../api/watching';
import { isFlat, middleOfEdge, moved, withCorner, withInserted, withoutCorner } from './geometry';
import { History } from './history';
import { freeName, isSame, newShape, type Plan, planOf, problemsOf, type Shape, type ShapeType, watchingOf } from './shapes';

/** A polygon that is not closed yet. */
export interface Drawing {
  type: ShapeType;
  points: Polygon;
  /** Where the next corner would be. */
  cursor: Point | null;
}

export class Draft {
  plan = $state.raw<Plan>() as Plan;
  /** Key of the shape whose corners are shown. */
  chosen = $state<string | null>(null);
  drawing = $state.raw<Drawing | null>(null);
  canUndo = $state(false);
  canRedo = $state(false);
  saved = $state.raw<Watching>() as Watching;
  /** What the hub refused, by field; gone with the next change. */
  refused = $state.raw<ReadonlyMap<string, string>>(new Map());
  readonly #nameOf: (number: number) => string;
  #history: History<Plan>;

  /** @param nameOf the name of a new zone, by number. */
  constructor(saved: Watching, nameOf: (number: number) => string, unsaved: Watching | null = null) {
    this.#nameOf = nameOf;
    this.saved = saved;
    this.#history = new History(planOf(saved));
    if (unsaved !== null) this.#history.push(planOf(unsaved));
    this.#show();
  }

  readonly watching = $derived(watchingOf(this.plan));
  readonly isChanged = $derived(!isSame(this.watching, this.saved));
  readonly problems = $derived(new Map([...this.refused, ...problemsOf(this.plan)]));
  readonly chosenShape = $derived(this.plan.shapes.find((shape) => shape.key === this.chosen) ?? null);

  /** One step for undo; with a tag, one with those of the same tag before. */
  change(plan: Plan, tag: string | null = null): void {
    this.#history.push(plan, tag);
    this.refused = new Map();
    this.#show();
  }

  set(values: Partial<Plan['rest']>, tag: string | null = null): void {
    this.change({ ...this.plan, rest: { ...this.plan.rest, ...values } }, tag);
  }

  setShape(key: string, values: Partial<Shape>, tag: string | null = null): void {
    const shapes = this.plan.shapes.map((shape) => (shape.key === key ? { ...shape, ...values } : shape));
    this.change({ ...this.plan, shapes }, tag);
  }

  /** The next change is a step of its own. */
  settle(): void {
    this.#history.settle();
  }

  undo(): void {
    if (this.drawing !== null) {
      this.takeBack();
      return;
    }
    this.#history.undo();
    this.#show();
  }

  redo(): void {
    this.#history.redo();
    this.#show();
  }

  /** Back to what the hub has; can be undone. */
  discard(): void {
    this.drawing = null;
    this.change(planOf(this.saved));
  }

  /** Takes over what the hub has by now; undo brings back what was drawn. */
  take(found: Watching): void {
    this.saved = found;
    this.discard();
  }

  savedAs(saved: Watching): void {
    this.saved = saved;
    this.refused = new Map();
  }

  /** Whether one more of this type may be drawn. */
  hasRoom(type: ShapeType): boolean {
    const count = this.plan.shapes.filter((shape) => (shape.type === 'zone') === (type === 'zone')).length;
    return count < LIMITS.polygons;
  }

  // --- drawing --------------------------------------------------------------------------------

  begin(type: ShapeType): void {
    this.chosen = null;
    this.drawing = { type, points: [], cursor: null };
  }

  point(at: Point): void {
    if (this.drawing !== null) this.drawing = { ...this.drawing, cursor: at };
  }

  /** Sets a corner; false where there are as many as there may be, or this is where the last one is. */
  add(at: Point): boolean {
    const { drawing } = this;
    if (drawing === null || drawing.points.length >= LIMITS.points) return false;
    const last = drawing.points.at(-1);
    if (last !== undefined && last[0] === at[0] && last[1] === at[1]) return false;
    this.drawing = { ...drawing, points: [...drawing.points, at], cursor: at };
    return true;
  }

  /** Takes the last corner back; without any, drawing is over. */
  takeBack(): void {
    const { drawing } = this;
    if (drawing === null) return;
    this.drawing = drawing.points.length === 0 ? null : { ...drawing, points: drawing.points.slice(0, -1) };
  }

  cancel(): void {
    this.drawing = null;
  }

  get canClose(): boolean {
    return this.drawing !== null && this.drawing.points.length >= 3 && !isFlat(this.drawing.points);
  }

  /** Ends drawing; null where it is no polygon yet. */
  close(): Shape | null {
    const { drawing } = this;
    if (drawing === null || !this.canClose) return null;
    const name = drawing.type === 'zone' ? freeName(this.plan, this.#nameOf) : '';
    const shape = newShape(drawing.type, drawing.points, name);
    this.drawing = null;
    this.change({ ...this.plan, shapes: [...this.plan.shapes, shape] });
    this.chosen = shape.key;
    return shape;
  }

  // --- changing shapes ------------------------------------------------------------------------

  moveCorner(shape: Shape, index: number, to: Point, tag: string): void {
    this.setShape(shape.key, { points: withCorner(shape.points, index, to) }, tag);
  }

  moveShape(shape: Shape, from: Polygon, across: number, down: number, tag: string): void {
    this.setShape(shape.key, { points: moved(from, across, down) }, tag);
  }

  /** A corner after `index`; false where there are as many as there may be. */
  insert(shape: Shape, index: number, tag: string | null = null): boolean {
    if (shape.points.length >= LIMITS.points) return false;
    this.setShape(shape.key, { points: withInserted(shape.points, index, middleOfEdge(shape.points, index)) }, tag);
    return true;
  }

  /** False where only three are left. */
  removeCorner(shape: Shape, index: number): boolean {
    const points = withoutCorner(shape.points, index);
    if (points.length < 3 || isFlat(points)) return false;
    this.setShape(shape.key, { points });
    return true;
  }

  remove(key: string): void {
    if (this.chosen === key) this.chosen = null;
    this.change({ ...this.plan, shapes: this.plan.shapes.filter((shape) => shape.key !== key) });
  }

  #show(): void {
    this.plan = this.#history.now;
    this.canUndo = this.#history.canUndo;
    this.canRedo = this.#history.canRedo;
    if (!this.plan.shapes.some((shape) => shape.key === this.chosen)) this.chosen = null;
  }
}

/** A draft that a person left without saving, and what it was begun with. */
export interface Unsaved {
  watching: Watching;
  base: KeptWatching;
}

/** By camera: they find them again while the program is open. */
export const left = new Map<string, Unsaved>();
