"""Messages to token ids and back; the one renderer that training and serving share."""
