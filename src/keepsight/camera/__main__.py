"""`python -m keepsight.camera`: the camera as a child process."""

from keepsight.camera.cli import app

if __name__ == "__main__":
    app(prog_name="python -m keepsight.camera")
