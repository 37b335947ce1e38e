"""Python that runs inside Rasa's environment (Python 3.10). The app never imports it."""
