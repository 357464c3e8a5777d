// Drawing decoded pictures, and keeping one.

/** Draw a frame over the whole canvas, which takes the frame's size. The frame stays the caller's. */
export function drawFrame(context: CanvasRenderingContext2D, frame: VideoFrame): void {
  const { canvas } = context;
  const { displayWidth: width, displayHeight: height } = frame;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  context.drawImage(frame, 0, 0, width, height);
}

/**
 * The picture on a canvas as PNG.
 * @throws Error the canvas is empty.
 */
export function canvasBlob(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error('there is no picture to keep'));
      else resolve(blob);
    }, 'image/png');
  });
}
