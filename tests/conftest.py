"""What every test starts from: no network, and no settings of the person who runs it."""

import os

for name in [name for name in os.environ if name.startswith(("OPENAI_", "UNDERSTUDY_"))]:
    del os.environ[name]
os.environ["HF_HUB_OFFLINE"] = "1"
