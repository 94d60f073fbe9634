"""Opens an album in headless Chromium, downloads all of it and two chosen photos, keeps screenshots."""

import glob
import os
import sys

from chromium import browser, wait_for
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

url, album, saved, artifacts = sys.argv[1:]
os.makedirs(saved)


def loaded(driver):
    """Every thumbnail in view is a picture, not a broken one."""
    return driver.execute_script(
        "return [...document.images].filter(i => i.getBoundingClientRect().top < innerHeight)"
        ".every(i => i.complete && i.naturalWidth > 0)"
    )


def downloaded(count):
    return len(glob.glob(saved + "/*.zip")) == count and not glob.glob(saved + "/*.crdownload")


driver = browser(1280, 900, downloads=os.path.abspath(saved))
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

driver = browser(360, 740, dark=True, downloads=os.path.abspath(saved))
try:
    driver.get(f"{url}/album/{album}/")
    wait_for("thumbnails on a phone", lambda: loaded(driver))
    overflow = driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, f"the page is {overflow} px too wide for a phone"
    driver.save_screenshot(f"{artifacts}/photo-archive-phone.png")
finally:
    driver.quit()
