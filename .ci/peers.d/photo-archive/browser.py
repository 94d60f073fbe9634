"""Opens an album in headless Chromium, downloads all of it and two chosen photos, keeps screenshots."""

import glob
import os
import sys
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

url, album, saved, artifacts = sys.argv[1:]
os.makedirs(saved)


def browser(width, height, dark):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "headless", "no-sandbox", "disable-gpu", "no-first-run",
        "disable-background-networking", "disable-component-update", "disable-sync",
        "hide-scrollbars", f"window-size={width},{height}",
        f"user-data-dir={tempfile.mkdtemp(dir=os.path.dirname(os.path.abspath(saved)))}",
    ):
        options.add_argument("--" + argument)
    options.add_experimental_option("prefs", {"download.default_directory": os.path.abspath(saved)})
    service = webdriver.ChromeService("/usr/bin/chromedriver")
    driver = webdriver.Chrome(options=options, service=service)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    return driver


def wait_for(what, condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def loaded(driver):
    """Every thumbnail in view is a picture, not a broken one."""
    return driver.execute_script(
        "return [...document.images].filter(i => i.getBoundingClientRect().top < innerHeight)"
        ".every(i => i.complete && i.naturalWidth > 0)"
    )


def downloaded(count):
    return len(glob.glob(saved + "/*.zip")) == count and not glob.glob(saved + "/*.crdownload")


driver = browser(1280, 900, dark=False)
try:
    driver.get(url + "/")
    wait_for("thumbnails of the index", lambda: loaded(driver))
    driver.save_screenshot(f"{artifacts}/photo-archive-index.png")

    driver.get(f"{url}/album/{album}/")
    wait_for("thumbnails of the album", lambda: loaded(driver))
    driver.save_screenshot(f"{artifacts}/photo-archive-album.png")
    requests = driver.execute_script(
        "return performance.getEntriesByType('resource').map(entry => entry.name)"
    )
    assert requests and all(request.startswith(url) for request in requests), requests

    driver.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    wait_for("the whole album is saved", lambda: downloaded(1))

    boxes = driver.find_elements(By.CSS_SELECTOR, "input[type=checkbox]")
    boxes[1].send_keys(Keys.SPACE)
    boxes[2].send_keys(Keys.SPACE)
    button = driver.find_element(By.CSS_SELECTOR, "button[type=submit]")
    assert "chosen" in button.text, button.text
    driver.save_screenshot(f"{artifacts}/photo-archive-chosen.png")
    button.send_keys(Keys.ENTER)
    wait_for("the chosen photos are saved", lambda: downloaded(2))
finally:
    driver.quit()

driver = browser(360, 740, dark=True)
try:
    driver.get(f"{url}/album/{album}/")
    wait_for("thumbnails on a phone", lambda: loaded(driver))
    overflow = driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, f"the page is {overflow} px too wide for a phone"
    driver.save_screenshot(f"{artifacts}/photo-archive-phone.png")
finally:
    driver.quit()
