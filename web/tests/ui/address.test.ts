// Goal: whatever people paste becomes the right camera address or a clear no. Method: examples.
import { expect, test } from 'vitest';
import { readAddress } from '../../src/app/address';

test.each([
  ['rtsp://192.168.1.20/stream1', '', 'rtsp://192.168.1.20/stream1', '', ''],
  [' 192.168.1.20 ', '/live', 'rtsp://192.168.1.20/live', '', ''],
  ['192.168.1.20:8554', '', 'rtsp://192.168.1.20:8554/', '', ''],
  ['rtsp://192.168.1.20:80/a', '', 'rtsp://192.168.1.20:80/a', '', ''],
  ['RTSP://cam.local/a?channel=1&subtype=0', '/live', 'rtsp://cam.local/a?channel=1&subtype=0', '', ''],
  ['rtsps://cam.local/a', '', 'rtsps://cam.local/a', '', ''],
  ['rtsp://ada:s%40crt@10.0.0.9/x', '', 'rtsp://10.0.0.9/x', 'ada', 's@crt'],
  ['rtsp://ada:p@ss:w@10.0.0.9/x', '', 'rtsp://10.0.0.9/x', 'ada', 'p@ss:w'],
  ['rtsp://ada:50%off@10.0.0.9/x', '', 'rtsp://10.0.0.9/x', 'ada', '50%off'],
  ['rtsp://[fd00::9]:554/x', '', 'rtsp://[fd00::9]:554/x', '', ''],
])('%s with path %s', (typed, path, url, user, password) => {
  expect(readAddress(typed, path)).toEqual({ url, user, password });
});

test.each(['', '   ', 'http://192.168.1.20/', 'javascript:alert(1)', 'rtsp://', 'two words', 'rtsp://a b/c', 'file:///etc/passwd'])('%j is no address', (typed) => {
  expect(readAddress(typed)).toBeNull();
});
