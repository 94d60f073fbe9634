"""Two pages in headless Chromium and a telnet user talk; screenshots light, dark and narrow."""

import sys

from chromium import browser, look, wait_for
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

first_url, second_url, telnet_in, telnet_shown, artifacts = sys.argv[1:]


def log(driver):
    return driver.find_element(By.ID, "log").text


def sees(driver, text):
    wait_for(f"the page shows {text!r}", lambda: text in log(driver))


def log_in(driver, url, name):
    driver.get(url)
    wait_for("connected", lambda: "connected" in driver.find_element(By.ID, "status").text)
    # By keyboard alone: the page puts the cursor where it belongs.
    driver.switch_to.active_element.send_keys(name, Keys.ENTER)
    sees(driver, f"[{name}] login to chat.")


def people(driver):
    return [item.text for item in driver.find_elements(By.CSS_SELECTOR, "#people button")]


def telnet_types(line):
    with open(telnet_in, "w") as keyboard:
        keyboard.write(line + "\n")


def telnet_sees(text):
    wait_for(f"telnet shows {text!r}", lambda: text in open(telnet_shown, errors="replace").read())


def fits(driver):
    """Nothing sticks out to the right."""
    return driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")


one = browser(1280, 800, dark=False)
two = browser(360, 640, dark=True)
try:
    one.get(first_url)
    wait_for("connected", lambda: "connected" in one.find_element(By.ID, "status").text)
    one.save_screenshot(artifacts + "/chat-login.png")
    # A name that is taken is said to be, and the next can be tried.
    one.switch_to.active_element.send_keys("ann", Keys.ENTER)
    wait_for("taken", lambda: "already taken" in one.find_element(By.ID, "problem").text)
    one.find_element(By.ID, "name").clear()
    one.find_element(By.ID, "name").send_keys("Olga", Keys.ENTER)
    sees(one, "[Olga] login to chat.")
    log_in(two, second_url, "Петя")
    sees(one, "[Петя] login to chat.")
    wait_for("who is here, live", lambda: people(one) == people(one) and "Петя" in people(one))
    assert "Olga (you)" in people(one) and "ann" in people(one), people(one)

    # To all: the cursor is in the message's field.
    one.switch_to.active_element.send_keys("good morning from the browser", Keys.ENTER)
    sees(two, "[Olga]: good morning from the browser")
    telnet_sees("good morning from the browser")
    telnet_types("msgall <script>document.title = 'broken'</script> & <b>bold</b>")
    for page in (one, two):
        sees(page, "<script>document.title = 'broken'</script> & <b>bold</b>")
        assert page.title == "Chat" and not page.find_elements(By.CSS_SELECTOR, "#log b, #log script")

    # To one, by choosing the name in the list; by keyboard too.
    one.find_element(By.XPATH, "//button[@aria-label='write to Петя']").send_keys(Keys.ENTER)
    assert Select(one.find_element(By.ID, "to")).first_selected_option.text == "Петя"
    one.switch_to.active_element.send_keys("only for you", Keys.ENTER)
    sees(two, "[Olga][->][Петя]: only for you")
    assert "only for you" not in open(telnet_shown, errors="replace").read()
    Select(two.find_element(By.ID, "to")).select_by_visible_text("ann")
    two.find_element(By.ID, "text").send_keys("psst, ann", Keys.ENTER)
    telnet_sees("psst, ann")
    two.find_element(By.ID, "text").send_keys("x" * 200, Keys.ENTER)
    telnet_types("msgall an escape \x1b[31m stays visible")
    sees(two, "an escape \\x1b[31m stays visible")

    for page, dark, width, height, name in (
        (one, False, 1280, 800, "light"),
        (one, True, 1280, 800, "dark"),
        (two, False, 360, 640, "narrow-light"),
        (two, True, 360, 640, "narrow"),
    ):
        look(page, width, height, dark)
        assert fits(page), name
        page.save_screenshot(f"{artifacts}/chat-{name}.png")

    # For screen readers: every field has a label, the log is a live region.
    unnamed = one.execute_script(
        "return [...document.querySelectorAll('input, select')].filter(f => !f.labels.length).length"
    )
    assert unnamed == 0 and one.find_element(By.ID, "log").get_attribute("role") == "log"

    # Nothing comes from anywhere else.
    loaded = one.execute_script("return performance.getEntriesByType('resource').map(e => new URL(e.name).origin)")
    assert loaded and set(loaded) == {one.execute_script("return location.origin")}, loaded

    # What was meant for one alone goes to nobody else when that one leaves, and is not lost;
    # the cursor stays where it was while people come and go.
    Select(one.find_element(By.ID, "to")).select_by_visible_text("Петя")
    one.find_element(By.ID, "text").send_keys("our secret")
    one.execute_script("document.querySelector('button[aria-label=\"write to ann\"]').focus()")
    two.find_element(By.ID, "logout").click()
    sees(one, "[Петя] logout from chat.")
    assert one.switch_to.active_element.get_attribute("aria-label") == "write to ann"
    one.find_element(By.ID, "text").send_keys(Keys.ENTER)
    sees(one, "[Петя] not found!")
    assert one.find_element(By.ID, "text").get_attribute("value") == "our secret"
    assert "our secret" not in log(one) + open(telnet_shown, errors="replace").read()
    Select(one.find_element(By.ID, "to")).select_by_visible_text("everyone")
    assert "Петя" not in one.find_element(By.ID, "to").text
    wait_for("gone from the list", lambda: "Петя" not in people(one))
    wait_for("the way back in", lambda: two.find_element(By.ID, "login").is_displayed())
    wait_for("connected again", lambda: "connected" in two.find_element(By.ID, "status").text)
    two.find_element(By.ID, "name").send_keys(Keys.ENTER)
    sees(one, "[Петя] login to chat.")

    # A connection that breaks is made anew, and the name is kept.
    one.execute_script("socket.close()")
    sees(two, "[Olga] logout from chat.")
    wait_for("Olga is back", lambda: log(two).count("[Olga] login to chat.") >= 1)
    wait_for("and inside", lambda: one.find_element(By.ID, "chat").is_displayed())

    severe = [entry for page in (one, two) for entry in page.get_log("browser") if entry["level"] == "SEVERE"]
    assert not severe, severe
    print("two pages on two runtimes and a telnet user talked; <script> arrived as text")
finally:
    one.quit()
    two.quit()
