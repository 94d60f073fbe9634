"""Headless Chromium for whatever needs a browser here: a profile of its own, a size, a scheme."""

import tempfile
import time

from selenium import webdriver

FLAGS = (
    "headless", "no-sandbox", "disable-gpu", "no-first-run", "hide-scrollbars",
    "disable-background-networking", "disable-component-update", "disable-sync",
)
profiles = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)


def browser(width, height, dark=False, downloads=None):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    profile = tempfile.mkdtemp(dir=profiles.name)
    for flag in (*FLAGS, f"window-size={width},{height}", f"user-data-dir={profile}"):
        options.add_argument("--" + flag)
    if downloads:
        options.add_experimental_option("prefs", {"download.default_directory": downloads})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    look(driver, width, height, dark)
    return driver


def look(driver, width, height, dark):
    """Gives its page a size and a colour scheme."""
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )


def wait_for(what, condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
