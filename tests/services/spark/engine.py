"""A real Spark with Iceberg's own runtime, in one process of the test run's own, bound to 127.0.0.1.

The jars lie in the environment, where ``scripts/fetch_jars.py`` has put them; nothing is fetched here.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

JARS = Path(sys.prefix) / "jars"
LOCAL = "127.0.0.1"


@contextmanager
def running_spark(folder: Path) -> Iterator[Any]:
    """One Spark session for the whole run; what it writes on the side goes below ``folder``."""
    from pyspark.sql import SparkSession

    os.environ["SPARK_LOCAL_IP"] = LOCAL
    builder = SparkSession.builder.master("local[2]").appName("bcn")
    for key, value in _settings(folder).items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        gateway = session.sparkContext._gateway
        session.stop()
        gateway.shutdown()
        # Spark's JVM ends when its standard input does; until then it would outlive the test run.
        gateway.proc.stdin.close()
        gateway.proc.wait(timeout=60)


def _settings(folder: Path) -> dict[str, str]:
    extensions = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
    return {
        "spark.jars": ",".join(str(jar) for jar in _jars()),
        "spark.sql.extensions": extensions,
        "spark.driver.host": LOCAL,
        "spark.driver.bindAddress": LOCAL,
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={_quiet(folder)}",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


def _jars() -> list[Path]:
    found = sorted(JARS.glob("*.jar"))
    if not found:
        raise RuntimeError(f"no jars in {JARS}; run scripts/fetch_jars.py, or make test-services, which does")
    return found


def _quiet(folder: Path) -> Path:
    """Spark's own log settings start with hundreds of lines before anyone can ask for fewer."""
    settings = folder / "log4j2.properties"
    settings.write_text("rootLogger.level = error\n")
    return settings
