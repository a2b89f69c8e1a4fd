# Not tested. In the configuration: imports = [ ./module.nix ]; programs.userns-helpers.package = pkgs.callPackage ...;
{ config, lib, ... }:

let
  package = config.programs.userns-helpers.package;
  wrapper = path: lib.mkForce {
    source = "${package}/${path}";
    owner = "root";
    group = "root";
    setuid = true;
  };
in
{
  options.programs.userns-helpers.package = lib.mkOption { type = lib.types.package; };

  config = {
    environment.systemPackages = [ package ];
    systemd.packages = [ package ];
    systemd.tmpfiles.packages = [ package ];
    security.wrappers = {
      newuidmap = wrapper "bin/newuidmap";
      newgidmap = wrapper "bin/newgidmap";
      # NixOS's LXC calls /run/wrappers/bin/lxc-user-nic.
      lxc-user-nic = wrapper "libexec/lxc/lxc-user-nic";
    };
  };
}
