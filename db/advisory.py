"""PostgreSQL's advisory locks, and the sessions that hold them.

Such a lock is a number that one session holds until it gives it back or ends. So what a process holds is free the
moment the process dies: no lease to renew, no clock to trust. When a whole machine is lost nobody closes its sessions;
so both ends probe a silent line, and the process always notices before the server gives its locks to another.
"""

import hashlib
from typing import Any

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncSession

# How long until each end takes a silent line for lost, as idle + count * interval seconds: the client 4, the server 9.
CLIENT: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 4000,  # ms
}
FROZEN_S = 60  # a session that says nothing for so long belongs to a process that is frozen
BEAT_S = 20.0  # so that one which has nothing to say is not taken for frozen

# pg_settings is asked because PostgreSQL 13 and older know no idle_session_timeout. The session writes nothing that
# must last, so its NOTIFY need not wait for the disk.
SERVER = """
    SELECT set_config(name, value, false) FROM pg_settings JOIN (VALUES
        ('tcp_keepalives_idle', '3'), ('tcp_keepalives_interval', '2'), ('tcp_keepalives_count', '3'),
        ('tcp_user_timeout', '9000'), ('idle_session_timeout', '{frozen}s'),
        ('idle_in_transaction_session_timeout', '{frozen}s'){more}
    ) AS wanted (name, value) USING (name)
"""


def settings(frozen_s: int = FROZEN_S, *, writes: bool = True) -> str:
    """The statement that teaches a session to be given up when its other end is lost, or frozen for this long."""
    return SERVER.format(frozen=frozen_s, more="" if writes else ", ('synchronous_commit', 'off')")


def key(name: str) -> int:
    """The lock's number: 64 bits with a sign. Two names with one number would only wait for each other."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)


def libpq_url(url: str) -> str:
    """The address as PostgreSQL's own library reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def alone(session: AsyncSession, name: str) -> None:
    """Wait until nobody else does this, and keep it so to the end of the transaction. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key(name)})
