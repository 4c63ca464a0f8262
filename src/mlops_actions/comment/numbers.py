"""Numbers for people: as many digits as their interval supports, thousands apart, a real minus sign."""

import math

MINUS = "\N{MINUS SIGN}"
UNKNOWN = "\N{EN DASH}"


def decimals(low: float, high: float) -> int:
    """Return how many decimals show an interval's width with two digits, so that its middle and ends look different."""
    width = high - low
    return min(max(1 - math.floor(math.log10(width)), 0), 12) if 0 < width < math.inf else 4


def number(value: float | None, digits: int) -> str:
    """Return a number with so many decimals; what is no number is a dash."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    text = f"{value:,.{digits}f}" if abs(value) < 1e15 else f"{value:.3g}"
    return text.replace("-", MINUS) if float(text.replace(",", "")) else text.removeprefix("-")


def signed(value: float | None, digits: int) -> str:
    """Like `number`, with + before what is positive."""
    text = number(value, digits)
    return f"+{text}" if value is not None and value > 0 and text != UNKNOWN else text


def plain(value: float | None) -> str:
    """Return a number that somebody chose, such as a limit, with the digits it needs, four at most."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{value:.4g}".replace("-", MINUS)


def count(value: int | None) -> str:
    """Return a count with its thousands apart."""
    return UNKNOWN if value is None else f"{value:,}"


def percent(part: float, whole: float) -> str:
    """Return a share; below 10 % with two digits behind the point."""
    if not whole:
        return UNKNOWN
    share = 100 * part / whole
    return f"{share:.2f} %" if share < 10 else f"{share:.1f} %"


def ticks(low: float, high: float) -> list[float]:
    """Return round numbers between two ends, about five: 1, 2, or 5 times a power of ten apart."""
    if not low < high < math.inf:
        return [low]
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 5, 10) if one * power >= rough)
    return [round(one * step, 12) for one in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def size(value: int | None) -> str:
    """Return a size of a file in decimal units."""
    if value is None:
        return UNKNOWN
    scaled, unit = float(value), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if scaled < 1000:
            break
        scaled, unit = scaled / 1000, larger
    return f"{scaled:.0f} {unit}" if unit == "bytes" else f"{scaled:.3g} {unit}"


def duration(microseconds: float | None) -> str:
    """Return a time in the unit that needs no zeros."""
    if microseconds is None or not math.isfinite(microseconds):
        return UNKNOWN
    if microseconds < 1000:
        return f"{microseconds:.3g} µs"
    return f"{microseconds / 1e3:.3g} ms" if microseconds < 1e6 else f"{microseconds / 1e6:.3g} s"
