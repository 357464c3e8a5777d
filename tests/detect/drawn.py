"""A face drawn with ellipses, plain enough to be ours and good enough for the face model."""

import numpy as np

SKIN, HAIR, DARK, LIPS, WHITE = (
    (214, 172, 144), (60, 42, 30), (40, 30, 28), (168, 84, 80), (236, 232, 228),
)  # fmt: skip


def drawn_face(width, height, x, y, *, size=0.32, background=(120, 132, 140)):
    """RGB; the face's middle at (x, y) in shares, its height a share of the shorter side."""
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = background
    high = size * min(width, height)
    across = (np.arange(width)[None, :] + 0.5 - x * width) / high
    down = (np.arange(height)[:, None] + 0.5 - y * height) / high

    def ellipse(centre_x, centre_y, half_x, half_y, colour, soft=0.02):  # noqa: PLR0917
        away = ((across - centre_x) / half_x) ** 2 + ((down - centre_y) / half_y) ** 2
        edge = soft / min(half_x, half_y)
        share = np.clip((1 + edge - np.sqrt(away)) / (2 * edge), 0, 1)[..., None]
        picture[:] = picture * (1 - share) + np.array(colour, np.float32) * share

    ellipse(0, 0.95, 0.62, 0.42, (70, 90, 130))  # shoulders
    ellipse(0, 0.5, 0.17, 0.22, tuple(0.85 * each for each in SKIN))  # neck
    ellipse(0, -0.12, 0.45, 0.55, HAIR)
    ellipse(0, 0.02, 0.37, 0.5, SKIN, 0.03)
    ellipse(0, 0.32, 0.28, 0.2, tuple(0.97 * each for each in SKIN), 0.08)
    for side in (-1, 1):
        ellipse(side * 0.15, -0.12, 0.1, 0.022, HAIR, 0.015)  # brow
        ellipse(side * 0.15, -0.03, 0.085, 0.045, tuple(0.8 * each for each in SKIN), 0.03)
        ellipse(side * 0.15, -0.03, 0.07, 0.032, WHITE, 0.012)
        ellipse(side * 0.15, -0.03, 0.032, 0.032, DARK, 0.01)
        ellipse(side * 0.045, 0.18, 0.022, 0.014, tuple(0.55 * each for each in SKIN), 0.015)
        ellipse(side * 0.22, 0.12, 0.09, 0.07, (222, 160, 140), 0.06)  # cheek
    ellipse(0, 0.08, 0.035, 0.12, tuple(1.06 * each for each in SKIN), 0.03)  # nose
    ellipse(0, 0.17, 0.06, 0.03, tuple(0.9 * each for each in SKIN), 0.03)
    ellipse(0, 0.29, 0.13, 0.035, LIPS, 0.012)
    ellipse(0, 0.285, 0.11, 0.006, DARK, 0.008)
    return np.clip(picture, 0, 255).astype(np.uint8)
