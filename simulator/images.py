"""As much of pictures as Telegram's answers tell: their size, and a small one to send in tests."""

import struct
import zlib
from typing import Any


def size(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG, JPEG, GIF or WebP; None for anything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        return struct.unpack(">II", content[16:24])
    if content[:6] in (b"GIF87a", b"GIF89a") and len(content) >= 10:
        return struct.unpack("<HH", content[6:10])
    if content.startswith(b"\xff\xd8"):
        return _jpeg_size(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return (512, 512)
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 <= len(content) and content[position] == 0xFF:
        marker, length = content[position + 1], int.from_bytes(content[position + 2 : position + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame header
            height, width = struct.unpack(">HH", content[position + 5 : position + 9])
            return width, height
        position += 2 + length
    return None


def photo_sizes(file_id: str, size: tuple[int, int], bytes_: int) -> list[dict[str, Any]]:
    """Telegram's PhotoSize list with one entry."""
    return [
        {
            "file_id": file_id,
            "file_unique_id": f"U{file_id}",
            "width": size[0],
            "height": size[1],
            "file_size": bytes_,
        }
    ]


def sample(width: int = 240, height: int = 160) -> bytes:
    """A PNG: a quiet landscape of two colours, for people who send a photo in a test."""
    sky, hill = (158, 205, 230), (96, 142, 92)
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes(hill if y > height * 0.6 + 18 * ((x / width - 0.5) ** 2) * 4 else sky)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
