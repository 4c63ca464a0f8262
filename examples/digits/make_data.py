"""Write data/digits.parquet: scikit-learn's 1,797 handwritten digits, 8 by 8 pixels each.

Source: `sklearn.datasets.load_digits`, the test set of the UCI ML hand-written digits data (CC BY 4.0).
Needs polars and scikit-learn. The same polars writes the same bytes on every run.

    python make_data.py
"""

from pathlib import Path

import polars as pl
from sklearn.datasets import load_digits

OUTPUT = Path(__file__).parent / "data" / "digits.parquet"


def main() -> None:
    """Make the file: columns p0 to p63, row by row of the picture, 0 (white) to 16, and `digit`."""
    digits = load_digits()
    pixels = {f"p{index}": digits.data[:, index].astype("int64") for index in range(64)}
    rows = pl.DataFrame({**pixels, "digit": digits.target})
    OUTPUT.parent.mkdir(exist_ok=True)
    rows.write_parquet(OUTPUT, compression="zstd", compression_level=19)
    print(f"{OUTPUT}: {rows.height} rows, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
