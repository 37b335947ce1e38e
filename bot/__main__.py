"""`python -m bot` is `twogether`."""

from bot.cli import main

main()
