"""What a request carries: JSON, form or multipart, always read into the same shape."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import aiohttp
from aiohttp.base_protocol import BaseProtocol

from simulator.errors import bad_request

_MAX_BODY = 60 * 1024 * 1024


class Upload(NamedTuple):
    """A file that came along in the request."""

    name: str
    mime: str
    content: bytes


class Params:
    """The parameters of one request, read by what they are meant to be.

    Forms and multipart bodies carry every value as text, objects as JSON text; JSON bodies carry them
    natively. Both are read alike.
    """

    __slots__ = ("files", "values")

    def __init__(self, values: Mapping[str, Any], files: Mapping[str, Upload] | None = None) -> None:
        self.values = dict(values)
        self.files = dict(files or {})

    def __contains__(self, name: str) -> bool:
        return name in self.values or name in self.files

    def text(self, name: str, default: str = "") -> str:
        """Raises 400 when the text cannot be written in UTF-8 (half a surrogate pair)."""
        value = self.values.get(name)
        if value is None:
            return default
        text = value if isinstance(value, str) else json.dumps(value)
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                raise bad_request("strings must be encoded in UTF-8") from None
        return text

    def integer(self, name: str, default: int = 0) -> int:
        value = self.values.get(name)
        try:
            return default if value is None or value == "" else int(value)
        except (TypeError, ValueError):
            return default

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.values.get(name)
        if value is None:
            return default
        return value if isinstance(value, bool) else str(value).lower() in ("true", "1", "yes")

    def object(self, name: str) -> Any:
        """A list or dict, or None when it is not there. Raises 400 when it is no JSON."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def list_of_dicts(self, name: str) -> list[dict[str, Any]]:
        value = self.object(name)
        return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []

    def file(self, name: str) -> Upload | str | None:
        """An upload, directly or by `attach://`; otherwise the file id or address that was given."""
        if name in self.files:
            return self.files[name]
        value = self.values.get(name)
        if isinstance(value, str) and value.startswith("attach://"):
            return self.files.get(value.removeprefix("attach://"))
        return value if isinstance(value, str) else None


async def read_params(query: bytes, content_type: str, body: bytes) -> Params:
    """Read a request. Raises 400 for a body that is not what its content type says."""
    values: dict[str, Any] = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}
    if not body:
        return Params(values)
    if content_type.startswith("application/x-www-form-urlencoded"):
        try:
            values.update(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
        except UnicodeDecodeError:
            raise bad_request("strings must be encoded in UTF-8") from None
        return Params(values)
    if content_type.startswith("application/json"):
        try:
            given = json.loads(body)
        except ValueError:
            raise bad_request("can't parse JSON object") from None
        return Params(values | given if isinstance(given, dict) else values)
    if content_type.startswith("multipart/form-data"):
        files = await _read_multipart(content_type, body, values)
        return Params(values, files)
    return Params(values)


async def _read_multipart(content_type: str, body: bytes, values: dict[str, Any]) -> dict[str, Upload]:
    """Text parts go into `values`, file parts come back."""
    loop = asyncio.get_running_loop()
    stream = aiohttp.StreamReader(BaseProtocol(loop), _MAX_BODY, loop=loop)
    stream.feed_data(body)
    stream.feed_eof()
    files: dict[str, Upload] = {}
    try:
        reader = aiohttp.MultipartReader({"Content-Type": content_type}, stream)
        while (part := await reader.next()) is not None:
            if not isinstance(part, aiohttp.BodyPartReader):
                continue
            content, name = bytes(await part.read(decode=True)), part.name or ""
            if part.filename is None:
                values[name] = content.decode()
            else:
                mime = part.headers.get("Content-Type", "application/octet-stream")
                files[name] = Upload(part.filename, mime, content)
    except (ValueError, UnicodeDecodeError):
        raise bad_request("can't parse the multipart body") from None
    return files
