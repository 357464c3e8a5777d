// Dark pictures lifted for the eyes, in this browser: noise is averaged over time where nothing moves, then
// each region is lifted towards a middle grey by a smooth map of how bright it is, as the watcher does before
// it looks (detect/lowlight.py). Nothing is sent anywhere, and nothing is seen that was not recorded.

const FRAMES_PER_SECOND_MAX = 25;
/** Share of the new picture where nothing moves: about eight pictures are averaged. */
const STILL_SHARE = 0.12;
/** Where small regions differ by less it is noise, by more it is movement; grey levels of 255. */
const NOISE_LEVELS = 1.5;
const MOVEMENT_LEVELS = 5;
const TARGET_LEVELS = 110;
const GAIN_MAX = 14;
/** Width of the map of brightness: smooth enough not to erase people. */
const MAP_PIXELS = 16;

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

const LIFT = `#version 300 es
precision highp float;
uniform sampler2D quiet;
uniform float level;
in vec2 at;
out vec4 colour;
float bright(vec2 offset) {
  vec3 found = textureLod(quiet, at + offset / ${MAP_PIXELS}.0, level).rgb;
  return max(found.r, max(found.g, found.b));
}
void main() {
  float around = 0.25 * (bright(vec2(0.5, 0.5)) + bright(vec2(-0.5, 0.5)) + bright(vec2(0.5, -0.5)) + bright(vec2(-0.5, -0.5)));
  float gain = clamp(${(TARGET_LEVELS / 255).toFixed(5)} / max(around, 0.004), 1.0, ${GAIN_MAX}.0);
  float softness = smoothstep(3.0, ${GAIN_MAX}.0, gain);
  colour = vec4(textureLod(quiet, vec2(at.x, 1.0 - at.y), softness).rgb, 1.0);
  colour.rgb = min(colour.rgb * gain, 1.0);
}`;

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
  readonly #lift: WebGLProgram;
  readonly #now: WebGLTexture;
  /** What was averaged, and where the next average goes. */
  #quiet: [WebGLTexture, WebGLTexture];
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
    this.#lift = compile(gl, LIFT);
    this.#now = texture(gl);
    this.#quiet = [texture(gl), texture(gl)];
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
    this.#pass(this.#lift, [this.#quiet[0]], null, 'level', Math.log2(Math.max(width, height) / MAP_PIXELS));
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
    for (const each of this.#quiet) {
      gl.bindTexture(gl.TEXTURE_2D, each);
      const [format, type] = this.#isDeep ? [gl.RGBA16F, gl.HALF_FLOAT] : [gl.RGBA8, gl.UNSIGNED_BYTE];
      gl.texImage2D(gl.TEXTURE_2D, 0, format, width, height, 0, gl.RGBA, type, null);
      gl.generateMipmap(gl.TEXTURE_2D);
    }
    this.#hasHistory = false;
  }

  #pass(program: WebGLProgram, from: readonly WebGLTexture[], into: WebGLTexture | null, name: string, value: number): void {
    const gl = this.#gl;
    gl.useProgram(program);
    from.forEach((each, unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, each);
    });
    for (const [unit, sampler] of ['now', 'before'].entries()) {
      const place = gl.getUniformLocation(program, sampler);
      if (place !== null) gl.uniform1i(place, unit);
    }
    gl.uniform1f(gl.getUniformLocation(program, name), value);
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
