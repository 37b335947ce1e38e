"""Make the README's pictures anew: `make pictures`. The browser test takes them while it plays the story."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    played = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/story/test_browser.py"],
        cwd=ROOT,
        env=os.environ | {"PICTURES": str(ROOT / "docs" / "pictures")},
        check=False,
    )
    sys.exit(played.returncode)
