"""Pin our own references in README, docs and examples to a commit: pin.py COMMIT [TAG], TAG being a release that is there."""

import re
import sys

from action_files import OWNER, ROOT
from mlops_actions import __version__

PINNED = re.compile(rf"({re.escape(OWNER)}(?:/[\w./-]+)?@)[0-9a-f]{{40}}( # (?:version |v)[\w.]+)")


def main() -> int:
    """Rewrite every pin that names this repository."""
    commit, tag = [*sys.argv[1:], "", ""][:2]
    if not re.fullmatch(r"[0-9a-f]{40}", commit) or not re.fullmatch(r"(v\d+\.\d+\.\d+)?", tag):
        print("usage: pin.py COMMIT [TAG], a commit of 40 hexadecimal digits and a tag such as v1.2.3", file=sys.stderr)
        return 2
    files = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/.github/workflows/*.yml")]
    for path in files:
        text = path.read_text(encoding="utf-8")
        path.write_text(PINNED.sub(rf"\g<1>{commit} # {tag or f'version {__version__}'}", text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
