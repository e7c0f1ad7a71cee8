"""What of a base travels with an export of a model that was tuned from it."""

from pathlib import Path

from understudy.exporting.companions import copy_licences, licence_id


def test_a_base_with_a_chosen_template_has_the_licence_of_the_base_it_links_to(tmp_path: Path):
    source, linked, target = (tmp_path / name for name in ("source", "linked", "target"))
    for directory in (source, linked, target):
        directory.mkdir()
    (source / "LICENSE").write_text("as it is")
    (source / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A base\n")
    (linked / "base").symlink_to(source, target_is_directory=True)

    assert copy_licences(target, linked) == ["LICENSE"]
    assert (target / "LICENSE").read_text() == "as it is"
    assert licence_id(linked) == "apache-2.0"
