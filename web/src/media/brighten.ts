// Dark pictures lifted for the eyes, in this browser: noise is averaged over time where nothing moves, then
// each region is lifted towards a middle grey by a map of how bright it is, much as the watcher does before
// it looks (detect/lowlight.py). The map is smooth, so that people stay, but follows the picture where something
// bright stands beside something dark: a fast guided filter (He and Sun, 2015) whose guide is the brightness
// itself. Else there would be a rim around all that is dark. A bright picture is left as it is.
// Nothing is sent anywhere, and nothing is seen that was not recorded.

const FRAMES_PER_SECOND_MAX = 25;
/** Share of the new picture where nothing moves: about eight pictures are averaged. */
const STILL_SHARE = 0.12;
/** Where small regions differ by less it is noise, by more it is movement; grey levels of 255. */
const NOISE_LEVELS = 1.5;
const MOVEMENT_LEVELS = 5;
const TARGET_LEVELS = 110;
const GAIN_MAX = 14;
/** So bright a thing is not lifted at all, and less so the nearer it is: a lit window keeps its drawing. */
const WHITE_LEVELS = 230;
/** Cells of the map along the longer side of the picture, and how many around each belong to it: a fourteenth. */
const MAP_CELLS = 96;
const AROUND_CELLS = 3;
/** How uneven a place may be, as variance by squared mean, for the map to stay halfway smooth: one to three. */
const EVEN = 0.3;
/** Share of the whole picture in how bright a place counts: what is brighter than the rest stays so. */
const WHOLE_SHARE = 0.3;
/** Brightness of the whole picture: below the first it is lifted in full, above the second not at all. */
const DARK_LEVELS = 55;
const BRIGHT_LEVELS = 85;

const VERTEX = `#version 300 es
out vec2 at;
void main() {
  vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
  at = corner;
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

const AVERAGE = `#version 300 es
precision highp float;
uniform sampler2D now, before;
uniform float share;
in vec2 at;
out vec4 colour;
float grey(sampler2D of) { return dot(textureLod(of, at, 3.0).rgb, vec3(0.299, 0.587, 0.114)); }
void main() {
  float moved = smoothstep(${(NOISE_LEVELS / 255).toFixed(5)}, ${(MOVEMENT_LEVELS / 255).toFixed(5)}, abs(grey(now) - grey(before)));
  colour = vec4(mix(texture(before, at).rgb, texture(now, at).rgb, max(share, moved)), 1.0);
}`;

/** Into each cell: how far the map follows the picture there, the root of what it adds to that, how much is lifted, and the root of the whole. */
const MAP = `#version 300 es
precision highp float;
uniform sampler2D quiet;
uniform float level;
in vec2 at;
out vec4 cell;
float brightest(vec3 of) { return max(of.r, max(of.g, of.b)); }
void main() {
  vec2 apart = vec2(1.0) / vec2(textureSize(quiet, int(level)));
  float sum = 0.0, squares = 0.0;
  for (int y = -${AROUND_CELLS}; y <= ${AROUND_CELLS}; y++) {
    for (int x = -${AROUND_CELLS}; x <= ${AROUND_CELLS}; x++) {
      float bright = brightest(textureLod(quiet, at + vec2(x, y) * apart, level).rgb);
      sum += bright;
      squares += bright * bright;
    }
  }
  float mean = max(sum / ${((2 * AROUND_CELLS + 1) ** 2).toFixed(1)}, 0.004);
  float uneven = max(squares / ${((2 * AROUND_CELLS + 1) ** 2).toFixed(1)} / (mean * mean) - 1.0, 0.0);
  float follows = uneven * uneven / (uneven * uneven + ${(EVEN * EVEN).toFixed(5)});
  float whole = brightest(textureLod(quiet, vec2(0.5), 16.0).rgb);
  float share = 1.0 - smoothstep(${(DARK_LEVELS / 255).toFixed(5)}, ${(BRIGHT_LEVELS / 255).toFixed(5)}, whole);
  cell = vec4(follows, sqrt((1.0 - follows) * mean), share, sqrt(max(whole, 0.004)));
}`;

const LIFT = `#version 300 es
precision highp float;
uniform sampler2D quiet, map;
in vec2 at;
out vec4 colour;
float brightest(vec3 of) { return max(of.r, max(of.g, of.b)); }
void main() {
  // Pictures begin at the top, the screen at the bottom.
  vec2 place = vec2(at.x, 1.0 - at.y);
  vec4 cell = texture(map, place);
  float own = brightest(textureLod(quiet, place, 2.0).rgb);
  float light = max(cell.r * own + cell.g * cell.g, 0.004);
  light = pow(light, ${(1 - WHOLE_SHARE).toFixed(3)}) * pow(cell.a * cell.a, ${WHOLE_SHARE.toFixed(3)});
  float gain = pow(clamp(${(TARGET_LEVELS / 255).toFixed(5)} / light, 1.0, ${GAIN_MAX}.0), cell.b);
  gain = mix(gain, 1.0, smoothstep(${(TARGET_LEVELS / 255).toFixed(5)}, ${(WHITE_LEVELS / 255).toFixed(5)}, own));
  float softness = smoothstep(3.0, ${GAIN_MAX}.0, gain);
  colour = vec4(min(textureLod(quiet, place, softness).rgb * gain, 1.0), 1.0);
}`;

/** Names of the textures in the programs, by unit. */
const SAMPLERS = [['now', 'quiet'], ['before', 'map']] as const;

type Source = HTMLCanvasElement | HTMLVideoElement;

function sizeOf(source: Source): [number, number] {
  return source instanceof HTMLVideoElement ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
}

function compile(gl: WebGL2RenderingContext, fragment: string): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, text] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) throw new Error('the graphics context is lost');
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) throw new Error(gl.getProgramInfoLog(program) ?? 'no shader');
  return program;
}

function texture(gl: WebGL2RenderingContext): WebGLTexture {
  const made = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, made);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return made;
}

/** Lifts one picture after the other onto a canvas of its own. */
export class Lifter {
  readonly element = document.createElement('canvas');
  readonly #gl: WebGL2RenderingContext;
  readonly #average: WebGLProgram;
  readonly #map: WebGLProgram;
  readonly #lift: WebGLProgram;
  readonly #now: WebGLTexture;
  /** What was averaged, and where the next average goes. */
  #quiet: [WebGLTexture, WebGLTexture];
  readonly #cells: WebGLTexture;
  #cellsSize: [width: number, height: number] = [0, 0];
  readonly #into: WebGLFramebuffer;
  /** Eight bits a colour would keep ghosts of a few levels for ever, which the lift then shows. */
  readonly #isDeep: boolean;
  #hasHistory = false;

  /** @throws Error this browser gives no WebGL 2. */
  constructor() {
    const gl = this.element.getContext('webgl2', { alpha: false, antialias: false, depth: false });
    if (gl === null) throw new Error('this browser gives no WebGL 2');
    this.#gl = gl;
    this.#isDeep = gl.getExtension('EXT_color_buffer_float') !== null || gl.getExtension('EXT_color_buffer_half_float') !== null;
    this.#average = compile(gl, AVERAGE);
    this.#map = compile(gl, MAP);
    this.#lift = compile(gl, LIFT);
    this.#now = texture(gl);
    this.#quiet = [texture(gl), texture(gl)];
    this.#cells = texture(gl);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    this.#into = gl.createFramebuffer();
  }

  /** The next picture belongs to another scene: nothing of this one may shine through. */
  forget(): void {
    this.#hasHistory = false;
    this.#gl.bindFramebuffer(this.#gl.FRAMEBUFFER, null);
    this.#gl.clear(this.#gl.COLOR_BUFFER_BIT);
  }

  draw(source: Source): void {
    const gl = this.#gl;
    const [width, height] = sizeOf(source);
    if (width === 0 || height === 0 || gl.isContextLost()) return;
    if (this.element.width !== width || this.element.height !== height) this.#resize(width, height);
    gl.bindTexture(gl.TEXTURE_2D, this.#now);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, source);
    gl.generateMipmap(gl.TEXTURE_2D);
    this.#pass(this.#average, [this.#now, this.#quiet[0]], this.#quiet[1], 'share', this.#hasHistory && this.#isDeep ? STILL_SHARE : 1);
    this.#quiet = [this.#quiet[1], this.#quiet[0]];
    this.#hasHistory = true;
    gl.bindTexture(gl.TEXTURE_2D, this.#quiet[0]);
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.viewport(0, 0, ...this.#cellsSize);
    this.#pass(this.#map, [this.#quiet[0]], this.#cells, 'level', Math.max(0, Math.round(Math.log2(Math.max(width, height) / MAP_CELLS))));
    gl.viewport(0, 0, width, height);
    this.#pass(this.#lift, [this.#quiet[0], this.#cells], null);
  }

  close(): void {
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
    this.element.remove();
  }

  #resize(width: number, height: number): void {
    const gl = this.#gl;
    this.element.width = width;
    this.element.height = height;
    gl.viewport(0, 0, width, height);
    const shrink = MAP_CELLS / Math.max(width, height, MAP_CELLS);
    this.#cellsSize = [Math.max(1, Math.round(width * shrink)), Math.max(1, Math.round(height * shrink))];
    for (const each of this.#quiet) {
      this.#reserve(each, width, height);
      gl.generateMipmap(gl.TEXTURE_2D);
    }
    this.#reserve(this.#cells, ...this.#cellsSize);
    this.#hasHistory = false;
  }

  #reserve(each: WebGLTexture, width: number, height: number): void {
    const gl = this.#gl;
    gl.bindTexture(gl.TEXTURE_2D, each);
    const [format, type] = this.#isDeep ? [gl.RGBA16F, gl.HALF_FLOAT] : [gl.RGBA8, gl.UNSIGNED_BYTE];
    gl.texImage2D(gl.TEXTURE_2D, 0, format, width, height, 0, gl.RGBA, type, null);
  }

  #pass(program: WebGLProgram, from: readonly WebGLTexture[], into: WebGLTexture | null, name = '', value = 0): void {
    const gl = this.#gl;
    gl.useProgram(program);
    from.forEach((each, unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, each);
    });
    for (const [unit, samplers] of SAMPLERS.entries()) {
      for (const sampler of samplers) gl.uniform1i(gl.getUniformLocation(program, sampler), unit); // null where it has none
    }
    if (name !== '') gl.uniform1f(gl.getUniformLocation(program, name), value);
    gl.bindFramebuffer(gl.FRAMEBUFFER, into === null ? null : this.#into);
    if (into !== null) gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, into, 0);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.activeTexture(gl.TEXTURE0);
  }
}

/**
 * Cover the picture inside an element with its lifted self, whichever element shows it at the time.
 * @returns how to stop.
 * @throws Error this browser gives no WebGL 2.
 */
export function brighten(stage: HTMLElement): () => void {
  const lifter = new Lifter();
  lifter.element.className = 'lifted';
  let request = 0;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let last: Source | null = null;

  function turn(nowMs: number): void {
    request = requestAnimationFrame(turn);
    const source = stage.querySelector<Source>('.picture');
    const isShown = source?.checkVisibility({ visibilityProperty: true }) === true;
    if (source === null || !isShown || source !== last) lifter.forget();
    last = source;
    lifter.element.hidden = source === null || !isShown;
    if (source === null || !isShown || nowMs - drawnMs < 1000 / FRAMES_PER_SECOND_MAX) return;
    if (lifter.element.previousElementSibling !== source) source.after(lifter.element);
    drawnMs = nowMs;
    lifter.draw(source);
  }

  request = requestAnimationFrame(turn);
  return () => {
    cancelAnimationFrame(request);
    lifter.close();
  };
}
