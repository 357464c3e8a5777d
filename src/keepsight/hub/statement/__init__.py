"""The household's own one-page privacy statement, written from what is really switched on."""
