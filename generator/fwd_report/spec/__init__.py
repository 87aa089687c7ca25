"""What a user may write: typed models, YAML with line numbers, JSON Schema."""
