import { HttpMethod, HttpRoute, HttpRouteKey, type IHttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { constructIdOf, type GatewayFunction } from "./gateway-function.ts";

/** Lets the API call the function for its routes, all through one integration (payload format 2.0). */
export function addRoutes(httpApi: IHttpApi, gatewayFunction: GatewayFunction): void {
  const { entry, routes = [] } = gatewayFunction.spec;
  const integration = new HttpLambdaIntegration(`${constructIdOf(entry)}Integration`, gatewayFunction);
  for (const route of routes) {
    new HttpRoute(gatewayFunction, route, { httpApi, routeKey: routeKeyOf(route), integration });
  }
}

/** "GET /health" or "$default". */
function routeKeyOf(route: string): HttpRouteKey {
  if (route === "$default") return HttpRouteKey.DEFAULT;
  const [method, path] = route.split(" ");
  if (path === undefined || !Object.values<string | undefined>(HttpMethod).includes(method)) {
    throw new Error(`invalid route "${route}": use "$default" or a method and a path, such as "GET /health"`);
  }
  return HttpRouteKey.with(path, method as HttpMethod);
}
