"""twogether: a chat assistant that brings young trainers and workers of 50+ together."""
