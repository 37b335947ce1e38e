"""Everything that is stored: the tables and every query, one file per noun. SQL lives only here."""
