"""The supervisor: keeps the processes of one server alive."""
