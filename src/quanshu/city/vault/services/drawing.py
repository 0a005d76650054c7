"""The face of a certificate as PDF: a page drawn from its type's data, and the unit's seal as a drawing of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import segno
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from quanshu.city.vault.types import CertificateType, Shown

SONG = "STSong-Light"
RED = HexColor("#c92a2a")
INK, FAINT = HexColor("#1f2937"), HexColor("#6b7280")
WIDTH, HEIGHT = A4
LEFT, RIGHT = 72.0, WIDTH - 72.0
VALUE_AT = LEFT + 130
LINE, SIZE = 26.0, 12.5
# Where the seal stands on the page: left, bottom, right, top.
SEAL_BOX = (RIGHT - 150, 150, RIGHT - 10, 290)
SEAL_SIDE = 140.0
# Characters that do not begin a line.
NOT_FIRST = "，。、；：！？）》”"


@dataclass(frozen=True, slots=True)
class Face:
    """What is printed."""

    kind: CertificateType
    unit: str
    claims: Sequence[Shown]
    number: str
    issued_on: str
    until: str
    check_url: str


def fonts() -> None:
    """Register the Chinese font; every reader of PDF has a face for it."""
    if SONG not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(SONG))


def wrapped(text: str, size: float, width: float) -> list[str]:
    """A text in lines of at most this width, broken between characters."""
    lines, line = [], ""
    for letter in text:
        if line and pdfmetrics.stringWidth(line + letter, SONG, size) > width and letter not in NOT_FIRST:
            lines.append(line)
            line = ""
        line += letter
    return [*lines, line]


def draw_page(face: Face) -> bytes:
    """The page without its seal."""
    fonts()
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    canvas.setTitle(face.kind.name)
    canvas.setAuthor(face.unit)
    canvas.setSubject(face.number)
    accent = HexColor(face.kind.accent)
    _frame(canvas, accent)
    canvas.setFillColor(accent)
    canvas.setFont(SONG, 30)
    canvas.drawCentredString(WIDTH / 2, HEIGHT - 128, face.kind.name)
    canvas.setFillColor(FAINT)
    canvas.setFont(SONG, 10)
    canvas.drawCentredString(WIDTH / 2, HEIGHT - 148, f"电子证照编号 {face.number}")
    y = _claims(canvas, face, HEIGHT - 200)
    _statement(canvas, face, y - 14)
    _foot(canvas, face)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _frame(canvas: Canvas, accent: HexColor) -> None:
    canvas.setStrokeColor(accent)
    canvas.setLineWidth(2.4)
    canvas.rect(36, 36, WIDTH - 72, HEIGHT - 72)
    canvas.setLineWidth(0.7)
    canvas.rect(42, 42, WIDTH - 84, HEIGHT - 84)


def _claims(canvas: Canvas, face: Face, y: float) -> float:
    for shown in face.claims:
        canvas.setFont(SONG, SIZE)
        canvas.setFillColor(FAINT)
        canvas.drawString(LEFT, y, shown.label)
        canvas.setFillColor(INK)
        for line in wrapped(shown.value, SIZE, RIGHT - VALUE_AT):
            canvas.drawString(VALUE_AT, y, line)
            y -= 18
        canvas.setStrokeColor(HexColor("#e5e7eb"))
        canvas.setLineWidth(0.5)
        canvas.line(LEFT, y + 8, RIGHT, y + 8)
        y -= LINE - 18
    return y


def _statement(canvas: Canvas, face: Face, y: float) -> None:
    canvas.setFont(SONG, 10.5)
    canvas.setFillColor(INK)
    for line in wrapped("　　" + face.kind.statement, 10.5, RIGHT - LEFT):
        canvas.drawString(LEFT, y, line)
        y -= 17


def _foot(canvas: Canvas, face: Face) -> None:
    canvas.setFillColor(INK)
    canvas.setFont(SONG, 11.5)
    middle = (SEAL_BOX[0] + SEAL_BOX[2]) / 2
    canvas.drawCentredString(middle, 226, face.unit)
    canvas.drawCentredString(middle, 206, face.issued_on)
    canvas.setFont(SONG, 10)
    canvas.drawString(LEFT, 262, f"签发日期  {face.issued_on}")
    canvas.drawString(LEFT, 245, f"有效期至  {face.until}")
    _code(canvas, face.check_url, LEFT, 132, 96)
    canvas.setFillColor(FAINT)
    canvas.setFont(SONG, 8.5)
    canvas.drawString(LEFT, 118, "扫码打开验证页面，上传本文件即可核验；")
    canvas.drawString(LEFT, 106, "电子印章可在常用 PDF 阅读器中点击查验。")


def _code(canvas: Canvas, text: str, left: float, bottom: float, side: float) -> None:
    rows = [list(row) for row in segno.make(text, error="m").matrix_iter(border=1)]
    cell = side / len(rows)
    canvas.setFillColor(INK)
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                canvas.rect(left + across * cell, bottom + side - (down + 1) * cell, cell, cell, stroke=0, fill=1)


def draw_seal(unit: str, use: str) -> bytes:
    """A round seal: the unit's name along the ring, a star in the middle, below it what the seal is for."""
    fonts()
    out = BytesIO()
    canvas = Canvas(out, pagesize=(SEAL_SIDE, SEAL_SIDE))
    canvas.setStrokeColor(RED)
    canvas.setFillColor(RED)
    centre, radius = SEAL_SIDE / 2, SEAL_SIDE / 2 - 4
    canvas.setLineWidth(3.2)
    canvas.circle(centre, centre, radius)
    _star(canvas, centre, 19)
    _ring(canvas, unit, centre, radius)
    size = min(10.5, 92 / max(len(use), 1))
    canvas.setFont(SONG, size)
    canvas.drawCentredString(centre, centre - 38, use)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _star(canvas: Canvas, centre: float, size: float) -> None:
    path = canvas.beginPath()
    for point in range(10):
        angle = math.pi / 2 + point * math.pi / 5
        reach = size if point % 2 == 0 else size * 0.382
        x, y = centre + reach * math.cos(angle), centre + reach * math.sin(angle)
        if point == 0:
            path.moveTo(x, y)
        else:
            path.lineTo(x, y)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _ring(canvas: Canvas, unit: str, centre: float, radius: float) -> None:
    """The name on an arc that opens below, its letters standing upright on it."""
    size = min(15.0, 190 / max(len(unit), 1))
    spread = min(math.radians(250), len(unit) * size * 1.18 / (radius - size))
    step = spread / max(len(unit) - 1, 1)
    canvas.setFont(SONG, size)
    for place, letter in enumerate(unit):
        angle = math.pi / 2 + spread / 2 - place * step if len(unit) > 1 else math.pi / 2
        reach = radius - size - 3.5
        canvas.saveState()
        canvas.translate(centre + reach * math.cos(angle), centre + reach * math.sin(angle))
        canvas.rotate(math.degrees(angle) - 90)
        canvas.drawCentredString(0, 0, letter)
        canvas.restoreState()
