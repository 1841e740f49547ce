"""The tests of slamon; a package so that they can share the broker and their builders."""
