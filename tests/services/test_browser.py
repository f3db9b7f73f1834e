"""The real browser that the tests of the Dagster pages stand on."""

from playwright.sync_api import Browser


def test_the_browser_runs_scripts_and_shows_what_they_wrote(browser: Browser) -> None:
    page = browser.new_page()

    page.set_content("<h1></h1><script>document.querySelector('h1').textContent = 'Points in time'</script>")

    assert page.inner_text("h1") == "Points in time"
