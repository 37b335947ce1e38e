"""Telegram, through python-telegram-bot. The only folder that imports `telegram`."""
