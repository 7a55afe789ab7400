"""The chart of the reads: a bar for each read and server, as long as its CPU per request."""

from __future__ import annotations

from html import escape

from benchmarks.results import COMPILED, CORE, KEPT, RIVAL, ROWS, SHOWN, TITLES, WRITTEN, Results

_COLOURS = {WRITTEN: "#7a8b99", COMPILED: "#1f7a5c", ROWS: "#58a889", KEPT: "#8fc7b0", RIVAL: "#5b6fb5", CORE: "#c9733a"}


def svg(results: Results) -> str:
    """A bar for each read and server, as long as its CPU per request."""
    width, left, height, gap = 980, 170, 22, 14
    longest = max(found.cpu for of in results.reads.values() for found in of.values())
    scale = (width - left - 90) / longest
    parts: list[str] = []
    y = 34
    for key, of in results.reads.items():
        for name in (each for each in SHOWN if each in of):
            cpu, colour = of[name].cpu, _COLOURS[name]
            label = escape(f"{key} {results.titles[key]}") if name == WRITTEN else ""
            long = max(cpu * scale, 1)
            parts += [
                f'<text x="8" y="{y + 15}" font-weight="bold">{label}</text>',
                f'<rect x="{left}" y="{y}" width="{long:.1f}" height="{height - 4}" fill="{colour}"/>',
                f'<text x="{left + long + 6:.1f}" y="{y + 14}">{cpu:.2f}</text>',
            ]
            y += height
        y += gap
    x = 8
    for name in (each for each in SHOWN if any(each in of for of in results.reads.values())):
        parts += [
            f'<rect x="{x}" y="8" width="12" height="12" fill="{_COLOURS[name]}"/>',
            f'<text x="{x + 18}" y="18">{escape(TITLES[name])}</text>',
        ]
        x += 160
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}" '
        'font-family="sans-serif" font-size="12" fill="#222">'
        f'<title>CPU milliseconds of the server per request</title><rect width="{width}" height="{y}" fill="#fff"/>'
        f"{''.join(parts)}</svg>\n"
    )
