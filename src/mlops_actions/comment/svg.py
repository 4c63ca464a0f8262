"""Pictures of the page as inline SVG. Colours come from the page's style sheet, so they follow light and dark."""

from mlops_actions.comment.blocks import Chart, Series
from mlops_actions.comment.numbers import plain, ticks
from mlops_actions.comment.whiskers import Interval, Scale

WIDTH, HEIGHT = 190, 18
MIDDLE = HEIGHT / 2
CHART_WIDTH, CHART_HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 34, 44


def whisker(interval: Interval) -> str:
    """Draw an interval: a line at zero, a broken one at the allowed drop, thick 90 %, thin what decides."""

    def at(value: float) -> str:
        return f"{_place(value, interval.scale):.1f}"

    limit = (
        f'<rect class="beyond" x="0" y="0" width="{at(-1.0)}" height="{HEIGHT}"/>'
        f'<line class="limit" x1="{at(-1.0)}" x2="{at(-1.0)}" y1="0" y2="{HEIGHT}"/>'
        if interval.limited
        else ""
    )
    return (
        f'<svg class="whisker" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">{limit}'
        f'<line class="zero" x1="{at(0.0)}" x2="{at(0.0)}" y1="0" y2="{HEIGHT}"/>'
        f'<line class="decides" x1="{at(interval.decides_low)}" x2="{at(interval.decides_high)}" y1="{MIDDLE}" y2="{MIDDLE}"/>'
        f'<line class="interval" x1="{at(interval.low)}" x2="{at(interval.high)}" y1="{MIDDLE}" y2="{MIDDLE}"/>'
        f'<circle class="point" cx="{at(interval.value)}" cy="{MIDDLE}" r="4"/></svg>'
    )


def _place(value: float, scale: Scale) -> float:
    share = (value - scale.low) / (scale.high - scale.low)
    return 4 + min(max(share, 0.0), 1.0) * (WIDTH - 8)


def chart(drawn: Chart) -> str:
    """Draw lines with axes, ticks and a legend."""
    lines = "".join(_polyline(series, drawn, number) for number, series in enumerate(drawn.series))
    legend = "".join(_legend(series.name, number) for number, series in enumerate(drawn.series))
    return (
        f'<svg class="chart" viewBox="0 0 {CHART_WIDTH} {CHART_HEIGHT}" role="img"'
        f' aria-label="{drawn.y_name} by {drawn.x_name}">{_axes(drawn)}{lines}{legend}</svg>'
    )


def _axes(drawn: Chart) -> str:
    right, bottom = CHART_WIDTH - RIGHT, CHART_HEIGHT - BOTTOM
    marks = []
    for tick in ticks(0.0, drawn.y_high):
        y = bottom - tick / drawn.y_high * (bottom - TOP)
        marks.append(
            f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{plain(tick)}</text>'
        )
    for tick in ticks(drawn.x_low, drawn.x_high):
        x = LEFT + (tick - drawn.x_low) / ((drawn.x_high - drawn.x_low) or 1.0) * (right - LEFT)
        marks.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{plain(tick)}</text>')
    names = (
        f'<text x="{(LEFT + right) / 2}" y="{CHART_HEIGHT - 6}" text-anchor="middle">{drawn.x_name}</text>'
        f'<text x="{LEFT - 40}" y="{TOP - 18}">{drawn.y_name}</text>'
    )
    return "".join(marks) + names


def _polyline(series: Series, drawn: Chart, number: int) -> str:
    right, bottom = CHART_WIDTH - RIGHT, CHART_HEIGHT - BOTTOM
    step = (right - LEFT) / max(len(series.values) - 1, 1)
    points = " ".join(
        f"{LEFT + place * step:.1f},{bottom - min(value / drawn.y_high, 1.0) * (bottom - TOP):.1f}"
        for place, value in enumerate(series.values)
    )
    return f'<polyline class="line l{number}" points="{points}"/>'


def _legend(name: str, number: int) -> str:
    x = CHART_WIDTH - RIGHT - 110 * (3 - number)
    return (
        f'<line class="line l{number}" x1="{x}" x2="{x + 22}" y1="14" y2="14"/><text x="{x + 28}" y="18">{name}</text>'
    )
