import { CfnOutput, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import type { Construct } from "constructs";
import type { StageSettings } from "../stages.ts";

export type NetworkStackProps = { settings: StageSettings };

/** The private network, its NAT, and the security groups whose members may reach the database and the cache. */
export class NetworkStack extends Stack {
  readonly vpc: ec2.Vpc;
  /** Members may connect to the database. */
  readonly databaseClients: ec2.SecurityGroup;
  /** Members may connect to the cache, which requires no password. */
  readonly cacheClients: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, { settings }: NetworkStackProps) {
    super(scope, id, { description: "Uni-Pay: network" });
    const nat = settings.nat === "gateway" ? this.gatewayWithFixedAddress(settings) : cheapInstance();
    this.vpc = new ec2.Vpc(this, "Vpc", {
      maxAzs: 2,
      natGateways: 1,
      natGatewayProvider: nat,
      gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
      subnetConfiguration: [
        { name: "Public", subnetType: ec2.SubnetType.PUBLIC, cidrMask: 24 },
        { name: "Functions", subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
        { name: "Data", subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
    });
    if (nat instanceof ec2.NatInstanceProviderV2) {
      nat.connections.allowFrom(
        ec2.Peer.ipv4(this.vpc.vpcCidrBlock),
        ec2.Port.allTraffic(),
        "our own network",
      );
    }
    this.databaseClients = this.clients("DatabaseClients", "May connect to the database");
    this.cacheClients = this.clients("CacheClients", "May connect to the cache");
  }

  private gatewayWithFixedAddress({ keepData }: StageSettings): ec2.NatProvider {
    const address = new ec2.CfnEIP(this, "EgressAddress", { domain: "vpc" });
    if (keepData) address.applyRemovalPolicy(RemovalPolicy.RETAIN);
    new CfnOutput(this, "EgressIp", {
      value: address.attrPublicIp,
      description: "Every request to a provider or merchant comes from this address",
    });
    return ec2.NatProvider.gateway({ eipAllocationIds: [address.attrAllocationId] });
  }

  /** Providers and merchants can have any address, so the code, not the network, restricts outbound calls. */
  private clients(id: string, description: string): ec2.SecurityGroup {
    return new ec2.SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: true });
  }
}

/** About a tenth of a NAT gateway's price; its address changes when it is replaced, and nothing restarts it. */
function cheapInstance(): ec2.NatInstanceProviderV2 {
  return ec2.NatProvider.instanceV2({
    defaultAllowedTraffic: ec2.NatTrafficDirection.OUTBOUND_ONLY,
    instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.NANO),
    machineImage: ec2.MachineImage.latestAmazonLinux2023({ cpuType: ec2.AmazonLinuxCpuType.ARM_64 }),
  });
}
