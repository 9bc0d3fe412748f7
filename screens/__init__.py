"""What all screens share: the look, the template tags, the list screen. Imports no other package of the project."""
