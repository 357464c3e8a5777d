/** Drawn pictures for the mock: six places, each a function of time, so that live and playback agree. */
type Context = CanvasRenderingContext2D;

export const SCENE_WIDTH = 960;
export const SCENE_HEIGHT = 540;

function vertical(c: Context, top: string, bottom: string, y0: number, y1: number): CanvasGradient {
  const gradient = c.createLinearGradient(0, y0, 0, y1);
  gradient.addColorStop(0, top);
  gradient.addColorStop(1, bottom);
  return gradient;
}

function ellipse(c: Context, x: number, y: number, rx: number, ry: number, fill: string): void {
  c.fillStyle = fill;
  c.beginPath();
  c.ellipse(x, y, rx, ry, 0, 0, 7);
  c.fill();
}

function person(c: Context, x: number, y: number, size: number, coat: string, stride: number): void {
  c.strokeStyle = '#23282b';
  c.lineWidth = size * 0.13;
  c.lineCap = 'round';
  c.beginPath();
  c.moveTo(x, y - size * 0.9);
  c.lineTo(x - Math.sin(stride) * size * 0.28, y);
  c.moveTo(x, y - size * 0.9);
  c.lineTo(x + Math.sin(stride) * size * 0.28, y);
  c.stroke();
  ellipse(c, x, y - size * 1.25, size * 0.26, size * 0.5, coat);
  ellipse(c, x, y - size * 1.88, size * 0.17, size * 0.19, '#c89b7b');
}

function door(c: Context, s: number): void {
  c.fillStyle = vertical(c, '#a7b5ba', '#7d8a8c', 0, 540);
  c.fillRect(0, 0, 960, 540);
  c.fillStyle = '#8d7460';
  for (let row = 0; row < 9; row++) {
    for (let x = -60; x < 960; x += 120) {
      c.fillStyle = (row * 7 + x / 60) % 3 === 0 ? '#8c7462' : '#967d69';
      c.fillRect(x + (row % 2) * 60 + 2, row * 38 + 2, 116, 34);
    }
  }
  c.fillStyle = '#2d4a46';
  c.fillRect(560, 60, 180, 330);
  c.fillStyle = '#35605a';
  c.fillRect(580, 84, 140, 120);
  c.fillRect(580, 226, 140, 140);
  ellipse(c, 720, 226, 7, 7, '#d9c27a');
  c.fillStyle = vertical(c, '#77797a', '#a4a5a2', 380, 540);
  c.beginPath();
  c.moveTo(0, 400);
  c.lineTo(960, 380);
  c.lineTo(960, 540);
  c.lineTo(0, 540);
  c.fill();
  ellipse(c, 830, 380, 56, 20, '#5d4436');
  ellipse(c, 830, 316, 60, 72, '#4d7048');
  const walk = (s % 40) / 40;
  if (walk < 0.55) person(c, 60 + walk * 1000, 470 - walk * 60, 92, '#a8483d', s * 5);
}

function garden(c: Context, s: number): void {
  c.fillStyle = vertical(c, '#9cc4dd', '#dbe8e4', 0, 240);
  c.fillRect(0, 0, 960, 540);
  for (let i = 0; i < 11; i++) ellipse(c, i * 100 - 20, 215 + (i % 3) * 14, 90, 84, i % 2 ? '#44663f' : '#527a49');
  c.fillStyle = vertical(c, '#7fa35f', '#5c8546', 230, 540);
  c.fillRect(0, 240, 960, 300);
  c.fillStyle = '#8fb36c';
  for (let i = 0; i < 6; i++) c.fillRect(0, 250 + i * i * 9, 960, 5 + i * 2);
  c.fillStyle = '#b39b7a';
  c.beginPath();
  c.moveTo(420, 240);
  c.lineTo(500, 240);
  c.lineTo(760, 540);
  c.lineTo(420, 540);
  c.fill();
  const x = 140 + 70 * Math.sin(s / 3);
  ellipse(c, x, 452, 46, 24, '#40352f');
  ellipse(c, x + 42 * Math.cos(s / 3), 432, 18, 16, '#4a3d35');
}

function drive(c: Context, s: number): void {
  c.fillStyle = vertical(c, '#c6ccd0', '#e5e3dc', 0, 200);
  c.fillRect(0, 0, 960, 540);
  c.fillStyle = '#c9c2b6';
  c.fillRect(40, 60, 320, 190);
  c.fillStyle = '#6f767b';
  for (let i = 0; i < 6; i++) c.fillRect(70, 92 + i * 27, 260, 22);
  c.fillStyle = '#46643e';
  c.fillRect(360, 170, 600, 80);
  c.fillStyle = vertical(c, '#83878a', '#5d6164', 240, 540);
  c.fillRect(0, 248, 960, 292);
  c.strokeStyle = '#c8c9c4';
  c.lineWidth = 6;
  c.setLineDash([60, 44]);
  c.beginPath();
  c.moveTo(0, 330);
  c.lineTo(960, 330);
  c.stroke();
  c.setLineDash([]);
  const x = ((s * 130) % 2400) - 400;
  c.fillStyle = '#2f5d86';
  c.beginPath();
  c.roundRect(x, 352, 300, 76, 24);
  c.roundRect(x + 60, 304, 170, 70, 30);
  c.fill();
  c.fillStyle = '#bfd4de';
  c.fillRect(x + 84, 318, 56, 36);
  c.fillRect(x + 150, 318, 58, 36);
  ellipse(c, x + 66, 430, 32, 32, '#1e2224');
  ellipse(c, x + 236, 430, 32, 32, '#1e2224');
}

function nursery(c: Context, s: number): void {
  c.fillStyle = vertical(c, '#39404a', '#2a3037', 0, 380);
  c.fillRect(0, 0, 960, 540);
  c.fillStyle = vertical(c, '#4a4b4c', '#35373a', 380, 540);
  c.fillRect(0, 380, 960, 160);
  ellipse(c, 770, 120, 70, 70, '#f0d9a433');
  ellipse(c, 770, 120, 40, 40, '#f0d9a4');
  c.fillStyle = '#8b8f94';
  c.fillRect(250, 210, 400, 14);
  c.fillRect(250, 380, 400, 16);
  for (let i = 0; i < 12; i++) c.fillRect(252 + i * 36, 210, 6, 230);
  c.fillStyle = '#b9bec4';
  c.fillRect(256, 340, 388, 44);
  ellipse(c, 330, 332, 34, 28, '#a6a3a0');
  ellipse(c, 460, 340 + 3 * Math.sin(s * 1.4), 120, 32, '#9aa7b5');
  c.strokeStyle = '#b9bec4';
  c.lineWidth = 3;
  c.beginPath();
  c.moveTo(450, 0);
  c.lineTo(450, 90);
  c.stroke();
  for (let i = 0; i < 4; i++) {
    const x = 450 + 80 * Math.cos(s / 2 + i * 1.57);
    ellipse(c, x, 120 + 12 * Math.sin(i * 2), 16, 16, ['#c9a25c', '#6f9fb0', '#b06f7d', '#8aa86a'][i] ?? '#fff');
  }
}

function hall(c: Context, s: number): void {
  c.fillStyle = vertical(c, '#d9d2c5', '#bfb5a4', 0, 400);
  c.fillRect(0, 0, 960, 540);
  c.fillStyle = '#8d6f52';
  c.beginPath();
  c.moveTo(0, 540);
  c.lineTo(300, 320);
  c.lineTo(660, 320);
  c.lineTo(960, 540);
  c.fill();
  c.fillStyle = '#a9c7cf';
  c.fillRect(410, 130, 140, 190);
  c.fillStyle = '#efe9dd';
  c.fillRect(474, 130, 10, 190);
  c.fillStyle = '#6f5640';
  c.fillRect(60, 160, 130, 300);
  c.fillRect(790, 120, 110, 350);
  ellipse(c, 480, 40, 60, 22, '#fbf2d2');
  const phase = (s % 30) / 30;
  if (phase > 0.4) person(c, 300 + phase * 300, 460, 80 + phase * 20, '#46688c', s * 5);
}

function workshop(c: Context, s: number): void {
  c.fillStyle = vertical(c, '#5b5f61', '#45494c', 0, 380);
  c.fillRect(0, 0, 960, 540);
  c.fillStyle = vertical(c, '#6c6a66', '#54524f', 370, 540);
  c.fillRect(0, 370, 960, 170);
  c.fillStyle = '#a57f52';
  c.fillRect(90, 300, 460, 26);
  c.fillRect(110, 326, 22, 150);
  c.fillRect(500, 326, 22, 150);
  for (let i = 0; i < 7; i++) {
    c.fillStyle = ['#a33f36', '#3d6f98', '#c79a3c', '#577f4d'][i % 4] ?? '#999';
    c.fillRect(130 + i * 54, 120 + (i % 3) * 12, 12, 90 - (i % 3) * 16);
  }
  c.strokeStyle = '#2a2d30';
  c.lineWidth = 12;
  for (const x of [690, 850]) {
    c.beginPath();
    c.arc(x, 420, 62, 0, 7);
    c.stroke();
  }
  c.strokeStyle = '#b5493b';
  c.beginPath();
  c.moveTo(690, 420);
  c.lineTo(740, 330);
  c.lineTo(830, 330);
  c.lineTo(850, 420);
  c.moveTo(740, 330);
  c.lineTo(770, 420);
  c.lineTo(830, 330);
  c.stroke();
  ellipse(c, 320, 40, 180, 14, Math.sin(s * 3) > -0.98 ? '#f3f0e2' : '#b9b6aa');
}

const SCENES = [door, garden, nursery, drive, hall, workshop];

/** Draws place `index` as it looked `timeUs` after 1970. */
export function drawScene(canvas: HTMLCanvasElement | OffscreenCanvas, index: number, timeUs: number): void {
  const c = canvas.getContext('2d') as Context;
  const seconds = timeUs / 1e6;
  c.setTransform(canvas.width / SCENE_WIDTH, 0, 0, canvas.height / SCENE_HEIGHT, 0, 0);
  SCENES[index % SCENES.length]?.(c, (seconds % 86_400) + index * 11);
  const hour = new Date(timeUs / 1000).getHours();
  if (hour < 7 || hour > 19) {
    c.fillStyle = '#0b1424a0';
    c.fillRect(0, 0, SCENE_WIDTH, SCENE_HEIGHT);
  }
}
