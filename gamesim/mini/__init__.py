"""The bundled tiny behavioural model and the script that trains it."""
